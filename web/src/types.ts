/** Documents of the API, as far as the page uses them. `null` is unknown, never zero. */

export type Three<T> = readonly [T, T, T];
export type Phases = Three<number | null>;

export type LinkState = "connecting" | "up" | "silent" | "lost" | "ended";
export type Rule =
  | "free" | "ready" | "fuse" | "power" | "share" | "turn" | "proving" | "maximum" | "paused" | "start" | "fallback"
  | "hold" | "restart";

/** GET /api/v1/site, and each `site` event of GET /api/v1/stream. */
export interface SiteDocument {
  readonly time: string;
  readonly meter: MeterState;
  readonly fuses: readonly Fuse[];
  readonly chargers: readonly Charger[];
  readonly charger_links: readonly ChargerLink[];
  readonly fail_safes: readonly FailSafe[];
  readonly box: BoxInfo;
  readonly memory?: Memory;
  readonly clock?: "set" | "unset";
  readonly update?: Update;
  readonly network?: NetworkState;
}

/** The newest firmware that somebody brought. */
export interface Update {
  readonly state: "idle" | "receiving" | "installing" | "waiting" | "restarting" | "trial" | "failed";
  readonly version: string;
  readonly progress: number;
  readonly reason: string;
  readonly detail: string;
  readonly holding: boolean;
}

export interface NetworkState {
  readonly managed: boolean;
  readonly connected: boolean;
  readonly ssid: string;
  readonly rssi_dbm: number | null;
  readonly addresses: readonly string[];
  readonly setup: "off" | "opening" | "open" | "joining" | "telling";
  readonly detail: string;
}

export interface Memory {
  readonly state: "up" | "failing" | "starting" | "off";
  readonly detail: string;
}

export interface MeterState {
  readonly reading: Reading | null;
  readonly age_s: number | null;
  readonly fresh: boolean;
  readonly link: LinkState;
  readonly link_detail: string;
  readonly rejected: Readonly<Record<string, number>>;
  readonly remedies: Readonly<Record<string, string>>;
  readonly telegrams: number;
  readonly info: { readonly vendor: string; readonly type: string; readonly id: string };
  readonly found: FoundMeter | null;
}

export interface FoundMeter {
  readonly framing: string;
  readonly dialect: string;
  readonly vendor: string;
  readonly type: string;
  readonly ciphered: boolean;
  readonly line: string;
}

export interface Reading {
  readonly time: string;
  readonly ident: string;
  readonly meter_id: string | null;
  readonly power_import_w: number | null;
  readonly power_export_w: number | null;
  readonly current_a: Phases;
  readonly voltage_v: Phases;
  readonly energy_import_wh: number | null;
  readonly energy_export_wh: number | null;
  readonly estimated: readonly string[];
  readonly checked: boolean;
}

export interface Fuse {
  readonly name: string;
  readonly under: string | null;
  readonly rating_a: Three<number>;
  readonly setting_a: Three<number>;
  readonly power_max_w: number | null;
  readonly current_a: Phases;
  readonly other_a: Phases;
  readonly left_a: Phases;
  readonly meter: MeterState | null;
}

export interface Charger {
  readonly serial: string;
  readonly identity: string;
  readonly firmware: string;
  readonly endpoint: string;
  readonly port: number;
  readonly connected: boolean;
  readonly age_s: number | null;
  readonly pinned: boolean;
  readonly rotation: string;
  readonly notice: string;
  readonly rejected: Readonly<Record<string, number>>;
  readonly outlets: readonly Outlet[];
}

export interface Outlet {
  readonly serial: string;
  readonly id: number;
  readonly state: number;
  readonly state_name: string;
  readonly current_a: Phases;
  readonly age_s: number | null;
  readonly setpoint_a: number | null;
  readonly reason: string | null;
  readonly rule: Rule | null;
  readonly reason_detail: ReasonDetail | null;
  readonly foreign_a: number | null;
  readonly min_a: number;
  readonly max_a: number;
  readonly fallback_a: number;
  readonly phases: Three<boolean>;
  readonly car_phases: Three<boolean> | null;
  readonly wish: Wish;
  readonly energy_wh: number;
  readonly power_w: number;
}

export interface ReasonDetail {
  readonly rule: Rule;
  readonly fuse: string | null;
  readonly phase: string | null;
  readonly age_s: number;
  readonly countdown_s: number | null;
}

export interface Wish {
  readonly max_a: number | null;
  readonly priority: number;
  readonly paused: boolean;
  readonly fallback_a: number | null;
}

export interface ChargerLink {
  readonly name: string;
  readonly link: LinkState;
  readonly detail: string;
}

export interface FailSafe {
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly age_s: number;
  readonly countdown_s: number | null;
}

export interface BoxInfo {
  readonly serial: string;
  readonly firmware: string;
  readonly mac: string;
  readonly profile: string;
  readonly host_name: string | null;
}

/** One moment of the house, as each `points` event of GET /api/v1/stream has them. */
export type Point = readonly [
  t_ms: number,
  import_w: number | null,
  export_w: number | null,
  current_l1_a: number | null,
  current_l2_a: number | null,
  current_l3_a: number | null,
  charging_w: number | null,
];

type Column = readonly (number | null)[];

/** GET /api/v1/history/power, of the meter, or with `outlet=SERIAL/ID` of that. */
export interface PowerHistory {
  readonly step: "10s" | "minute" | "hour" | "day";
  readonly step_s: number;
  readonly zone: string;
  readonly t: readonly number[];
  readonly mean: Readonly<Record<string, Column>>;
  readonly min: Readonly<Record<string, Column>>;
  readonly max: Readonly<Record<string, Column>>;
}

export interface EnergySums {
  readonly import_wh: number | null;
  readonly export_wh: number | null;
  readonly charged_wh: number;
  readonly import_cost: number | null;
  readonly charged_cost: number | null;
  readonly coverage: number;
}

export interface EnergyRow extends EnergySums {
  readonly start: string;
  readonly t: number;
}

/** GET /api/v1/history/energy. */
export interface EnergyHistory {
  readonly by: "hour" | "day" | "month" | "year";
  readonly zone: string;
  readonly currency: string | null;
  readonly rows: readonly EnergyRow[];
  readonly total: EnergySums;
  readonly since: string | null;
}

/** GET /api/v1/sessions. */
export interface Sessions {
  readonly currency: string | null;
  readonly sessions: readonly Session[];
}

export interface Session {
  readonly outlet: string;
  readonly serial: string;
  readonly id: number;
  readonly plugged_at: string;
  readonly unplugged_at: string | null;
  readonly plugged_s: number;
  readonly charging_s: number;
  readonly pauses: number;
  readonly longest_pause_s: number;
  readonly energy_wh: number;
  readonly cost: number | null;
  readonly most_power_w: number;
  readonly state: number;
  readonly plug_unseen: boolean;
}

/** GET /api/v1/events. */
export interface Entries {
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

export interface Entry {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** GET /api/v1/why. */
export interface Why {
  readonly time: string;
  readonly outlets: readonly WhyOutlet[];
  readonly house: {
    readonly power_import_w: number | null;
    readonly power_export_w: number | null;
    readonly current_a: Phases;
    readonly voltage_v: Phases;
  } | null;
  readonly entries: readonly Entry[];
}

export interface WhyOutlet {
  readonly outlet: string;
  readonly serial: string;
  readonly id: number;
  readonly setpoint_a: number | null;
  readonly rule: Rule | null;
  readonly fuse: string | null;
  readonly phase: string | null;
  readonly text: string;
  readonly since: string;
  readonly power_w: number | null;
  readonly current_a: Phases | null;
  readonly state: number | null;
}
