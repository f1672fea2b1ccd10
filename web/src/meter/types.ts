/** GET /api/v1/meter/telegram. */

import type { LinkState, Reading } from "../types.ts";

export interface TelegramLine {
  readonly code: string;
  readonly meaning: string | null;
  readonly value: string;
  readonly unit: string;
  readonly sent: string;
  readonly used: boolean;
}

export interface Refused {
  readonly received_at: string;
  readonly age_s: number;
  readonly reason: string;
  readonly detail: string;
  readonly remedy: string;
  readonly len: number;
  readonly last: boolean;
  readonly opened: string;
  readonly lines: readonly TelegramLine[];
  readonly left_out: number;
}

export interface TelegramDocument {
  readonly fuse: string;
  readonly received_at: string | null;
  readonly age_s: number | null;
  readonly len: number;
  readonly data: string;
  readonly binary: boolean;
  readonly opened: string;
  readonly framing: string;
  readonly dialect: string;
  readonly family: string;
  readonly port: string;
  readonly vendor: string;
  readonly type: string;
  readonly ciphered: boolean;
  readonly checked: boolean;
  readonly line: string;
  readonly link: LinkState;
  readonly link_detail: string;
  readonly telegrams: number;
  readonly lines: readonly TelegramLine[];
  readonly left_out: number;
  readonly derived: readonly string[];
  readonly reading: Reading | null;
  readonly refused: Refused | null;
  readonly rejected: Readonly<Record<string, number>>;
  readonly remedies: Readonly<Record<string, string>>;
}
