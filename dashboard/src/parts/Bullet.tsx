interface BulletProps {
  readonly sold: number;
  readonly capacity: number | null;
  readonly trigger: number | null;
}

/** Sold against trigger and capacity; the numbers beside it say all of it, so it is for the eye only. */
export function Bullet({ sold, capacity, trigger }: BulletProps) {
  if (capacity === null || capacity === 0) return null;
  const most = Math.max(capacity, sold);
  const at = (count: number) => (100 * Math.min(count, most)) / most;
  const mark = trigger === null ? null : at(trigger);
  return (
    <svg class="bullet" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="track" x="0" y="1" width={at(capacity)} height="10" />
      {mark !== null && (
        <rect class="beyond" x={mark} y="1" width={Math.max(0, at(capacity) - mark)} height="10" />
      )}
      <rect class={sold > capacity ? 'over' : 'sold'} x="0" y="3" width={at(sold)} height="6" />
      {mark !== null && <line class="trigger" x1={mark} x2={mark} y1="0" y2="12" />}
    </svg>
  );
}
