/** GET /api/v1/box and /api/v1/settings. */

import type { LinkState, Memory } from "../types.ts";

export interface BoxDocument {
  readonly time: string;
  readonly zone: string;
  readonly utc_offset_s: number;
  readonly serial: string;
  readonly mac: string;
  readonly firmware: string;
  readonly profile: string;
  readonly host_name: string | null;
  readonly host_names: readonly string[];
  readonly addresses: readonly string[];
  readonly uptime_s: number;
  readonly versions: Readonly<Record<"ngair" | "python" | "sqlite" | "system" | "kernel" | "machine", string>>;
  readonly links: readonly BoxLink[];
  readonly memory: Memory & {
    readonly epoch: string | null;
    readonly created: string | null;
    readonly schema_version: number | null;
    readonly size_bytes: number | null;
    readonly seq: number | null;
    readonly kept: readonly { readonly kind: string; readonly rows: number; readonly oldest: string | null }[];
  };
  readonly disk: { readonly folder: string; readonly size_bytes: number; readonly free_bytes: number } | null;
}

export interface BoxLink {
  readonly kind: "meter" | "charger";
  readonly name: string;
  readonly link: LinkState;
  readonly detail: string;
  readonly age_s: number | null;
  readonly rejected: number;
}

export interface SettingsDocument {
  readonly settings: readonly Setting[];
}

export interface Setting {
  readonly key: string;
  readonly flag: string | null;
  readonly variable: string;
  readonly metavar: string;
  readonly meaning: string;
  readonly allowed: string;
  readonly default: string;
  readonly value: string | null;
  readonly set: boolean;
  readonly secret: boolean;
  readonly many: boolean;
}
