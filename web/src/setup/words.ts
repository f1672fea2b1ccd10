/** Every word of the setup page. It is a page of its own: it does not load the catalogue of the other one. */

import { visible } from "./networks.ts";
import { type Entry, type Language, language, type Params, put } from "../words/language.ts";

const en = {
  title: "Set up the box",
  language: "Language",
  loading: "Asking the box…",
  lead: "Give the box your home's Wi-Fi. It then reads your meter and looks after your chargers from there.",
  networks: "Choose your network",
  scanning: "Looking for networks…",
  refresh: "Look again",
  no_networks: "No network is in reach. Move the box closer to your router, then look again.",
  scan_failed: "The box could not look for networks just now. Try again.",
  other: "Other network (hidden)",
  locked: "with password",
  unlocked: "without password",
  signal: { one: "signal {n} of 4", other: "signal {n} of 4" },
  enterprise: "This network wants a user name as well. The box cannot join such a network.",
  name: "Name of the network",
  name_wrong: "A network's name has 1 to 32 bytes.",
  join_title: "Join {ssid}",
  join_other: "Join a hidden network",
  wifi_password: "Password of the Wi-Fi",
  wifi_password_hand: "Password of the Wi-Fi; leave it empty where there is none",
  wifi_open: "This network has no password: whoever is near can read along.",
  wifi_password_wrong: "A Wi-Fi password has 8 to 63 characters.",
  show: "Show",
  hide: "Hide",
  own_password: "New password for the box",
  own_password_again: "The same once more",
  own_password_change: "Give the box a new password, too",
  own_password_why:
    "At least 8 characters. Whoever is in your network can see the box; only who knows this password can change anything: charging, fuses, firmware. Note it down.",
  own_password_short: "It needs at least 8 characters, and at most 128.",
  own_passwords_differ: "The two are not the same.",
  join: "Join",
  back: "Other networks",
  joining: "Joining {ssid}…",
  joining_hint: "This takes up to a minute. Leave this page open.",
  away: "No contact with the box",
  away_hint:
    "That is normal while it tries: its own Wi-Fi goes away for a moment. If your phone has left it, join {name} again. This page then goes on by itself.",
  joined: "The box is in your network",
  joined_hint: "Note where you will find it from now on:",
  joined_next: "Then tap Done, and take your phone or computer back to {ssid}.",
  done: "Done",
  finished: "That was all",
  finished_hint: "The box's own Wi-Fi closes now. Take your phone or computer back to {ssid}, then open:",
  off: "Setup mode is off",
  off_hint: "The box has a network. To give it another one, begin setup mode on its page, under Box.",
  to_page: "To the box's page",
  no_radio: "This box has no Wi-Fi that it could use. Connect it to your router by a cable.",
  opening: "The box is getting ready…",
  failed_wrong_password: "The password of {ssid} is not right. Type it again.",
  failed_not_found: "{ssid} is not in reach any more. Move the box closer to your router, or choose another network.",
  failed_no_address: "{ssid} let the box in, but gave it no address. Start your router again, then try once more.",
  failed_not_supported: "{ssid} asks for something that the box cannot do. Choose another network.",
  failed_failed: "The box could not join {ssid}. Try once more.",
  refused: "The box did not take this.",
  unanswered: "The box did not answer. Try once more.",
} satisfies Record<string, Entry>;

type Words = Readonly<Record<keyof typeof en, Entry>>;

const sv: Words = {
  title: "Ställ in boxen",
  language: "Språk",
  loading: "Frågar boxen…",
  lead: "Ge boxen hemmets wifi. Sedan läser den din elmätare och sköter dina laddare därifrån.",
  networks: "Välj ditt nätverk",
  scanning: "Letar efter nätverk…",
  refresh: "Leta igen",
  no_networks: "Inget nätverk inom räckhåll. Flytta boxen närmare din router och leta igen.",
  scan_failed: "Boxen kunde inte leta efter nätverk just nu. Försök igen.",
  other: "Annat nätverk (dolt)",
  locked: "med lösenord",
  unlocked: "utan lösenord",
  signal: { one: "signal {n} av 4", other: "signal {n} av 4" },
  enterprise: "Det här nätverket vill ha ett användarnamn också. Ett sådant kan boxen inte ansluta till.",
  name: "Nätverkets namn",
  name_wrong: "Ett nätverks namn har 1 till 32 byte.",
  join_title: "Anslut till {ssid}",
  join_other: "Anslut till ett dolt nätverk",
  wifi_password: "Lösenord till wifi",
  wifi_password_hand: "Lösenord till wifi; lämna tomt om det inte har något",
  wifi_open: "Nätverket har inget lösenord: den som är i närheten kan läsa med.",
  wifi_password_wrong: "Ett wifi-lösenord har 8 till 63 tecken.",
  show: "Visa",
  hide: "Dölj",
  own_password: "Nytt lösenord för boxen",
  own_password_again: "Samma en gång till",
  own_password_change: "Ge boxen ett nytt lösenord också",
  own_password_why:
    "Minst 8 tecken. Alla i ditt nätverk kan se boxen; bara den som kan lösenordet kan ändra något: laddning, säkringar, programvara. Skriv upp det.",
  own_password_short: "Det behöver minst 8 tecken, och högst 128.",
  own_passwords_differ: "De två är inte lika.",
  join: "Anslut",
  back: "Andra nätverk",
  joining: "Ansluter till {ssid}…",
  joining_hint: "Det tar upp till en minut. Låt sidan vara öppen.",
  away: "Ingen kontakt med boxen",
  away_hint:
    "Det är normalt medan den försöker: dess eget wifi försvinner en stund. Har din telefon lämnat det, anslut till {name} igen. Sedan fortsätter sidan av sig själv.",
  joined: "Boxen är med i ditt nätverk",
  joined_hint: "Skriv upp var du hittar den från och med nu:",
  joined_next: "Tryck sedan på Klar, och ta telefonen eller datorn tillbaka till {ssid}.",
  done: "Klar",
  finished: "Det var allt",
  finished_hint: "Boxens eget wifi stängs nu. Ta telefonen eller datorn tillbaka till {ssid} och öppna:",
  off: "Inställningsläget är av",
  off_hint: "Boxen har ett nätverk. För att ge den ett annat, starta inställningsläget på dess sida, under Box.",
  to_page: "Till boxens sida",
  no_radio: "Den här boxen har inget wifi som den kan använda. Anslut den till routern med en kabel.",
  opening: "Boxen gör sig redo…",
  failed_wrong_password: "Lösenordet till {ssid} stämmer inte. Skriv det igen.",
  failed_not_found: "{ssid} är inte längre inom räckhåll. Flytta boxen närmare routern, eller välj ett annat nätverk.",
  failed_no_address: "{ssid} släppte in boxen men gav den ingen adress. Starta om routern och försök igen.",
  failed_not_supported: "{ssid} kräver något som boxen inte kan. Välj ett annat nätverk.",
  failed_failed: "Boxen kunde inte ansluta till {ssid}. Försök en gång till.",
  refused: "Boxen tog inte emot det här.",
  unanswered: "Boxen svarade inte. Försök en gång till.",
};

export type SetupKey = keyof Words;

/** Both, for those who compare them. */
export const SETUP_WORDS: Readonly<Record<Language, Words>> = { en, sv };

/** The text in the chosen language, with `{name}` replaced by the parameters. */
export function t(key: SetupKey, params: Params = {}): string {
  return put(SETUP_WORDS[language()][key], params, language());
}

/** Why a network could not be joined. */
export function failureText(failure: string, ssid: string): string {
  const key = `failed_${failure.replaceAll(" ", "_")}`;
  return t(Object.prototype.hasOwnProperty.call(en, key) ? (key as SetupKey) : "failed_failed", { ssid: visible(ssid) });
}
