/** Fingers on a chart: one reads out, two zoom. The page still scrolls up and down under them. */

export interface Fingers {
  /** One finger is here, in px from the left. */
  readonly at: (left: number) => void;
  /** Two fingers have moved apart (below 1) or together (above 1), about this place. */
  readonly pinch: (left: number, factor: number) => void;
}

const LEAST_APART_PX = 8;

export function followFingers(over: HTMLElement, tell: Fingers): void {
  const fingers = new Map<number, number>();
  const left = (event: PointerEvent): number => event.clientX - over.getBoundingClientRect().left;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.set(event.pointerId, left(event));
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const were = apart(fingers);
    fingers.set(event.pointerId, left(event));
    const [one = 0, other] = [...fingers.values()], are = apart(fingers);
    if (other === undefined) tell.at(one);
    else if (are > LEAST_APART_PX && were > LEAST_APART_PX) tell.pinch((one + other) / 2, were / are);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"] as const) {
    over.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
}

function apart(fingers: ReadonlyMap<number, number>): number {
  const [one = 0, other = one] = [...fingers.values()];
  return Math.abs(other - one);
}
