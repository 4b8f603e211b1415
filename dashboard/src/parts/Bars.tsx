import { percent, whole } from '../shell/format.js';

interface Bar {
  readonly label: string;
  readonly count: number;
  /** Of 100; null: no bar. */
  readonly percent: number | null;
  readonly note?: string;
  readonly muted?: boolean;
}

/** Shares as bars, each with its numbers. */
export const Bars = ({ items }: { readonly items: readonly Bar[] }) => (
  <ul class="bars">
    {items.map(({ label, count, percent: share, note, muted }) => (
      <li key={label}>
        <span>{label}</span>
        <span class="number">
          {note ?? whole(count)} {share !== null && <span class="quiet">{percent(share / 100)}</span>}
        </span>
        {share !== null && (
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="track" width="100" height="4" />
            <rect class={muted ? 'muted' : 'share'} width={Math.min(100, share)} height="4" />
          </svg>
        )}
      </li>
    ))}
  </ul>
);
