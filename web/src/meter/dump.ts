/** A telegram as lines to look at: text by its lines, bytes as a dump with offsets and what is readable of them. */

const BYTES = 16;

export interface RawLine {
  /** What stands before it: an offset; empty for text. */
  readonly offset: string;
  readonly content: string;
  /** The readable bytes of `content`; empty for text. */
  readonly readable: string;
}

/** Lines of `data`: text, or with `binary` lower-case hex, two digits a byte. */
export function rawLines(data: string, binary: boolean): RawLine[] {
  return binary ? dump(data) : data.split(/\r\n|\r|\n/).map(textLine);
}

/** The same as one text, for the clipboard. */
export function rawText(data: string, binary: boolean): string {
  return binary ? data.replace(/(..)(?=.)/g, "$1 ") : data;
}

function dump(hex: string): RawLine[] {
  const bytes = hex.match(/[0-9a-f]{2}/g) ?? [];
  const lines: RawLine[] = [];
  for (let start = 0; start < bytes.length; start += BYTES) {
    const part = bytes.slice(start, start + BYTES);
    lines.push({
      offset: start.toString(16).padStart(4, "0"),
      content: part.join(" "),
      readable: part.map((byte) => character(parseInt(byte, 16))).join(""),
    });
  }
  return lines;
}

function textLine(line: string): RawLine {
  const content = line.replace(/[^ -~]/g, (char) => `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);
  return { offset: "", content, readable: "" };
}

function character(code: number): string {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}
