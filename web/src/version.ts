/** Whether the box serves another version of this page by now. */

import { OURS } from "./api.ts";

const OWN = new URL(import.meta.url).pathname;

/** The file that this script is has its content in its name: a page that does not load it is another one. */
export async function isOutdated(): Promise<boolean> {
  try {
    const response = await fetch("/", { cache: "no-cache", headers: OURS });
    return response.ok && OWN.startsWith("/assets/") && !(await response.text()).includes(OWN);
  } catch {
    return false;
  }
}
