import { useEffect, useState } from 'preact/hooks';
import { Icon } from './Icon.js';

const PATIENCE_MS = 150;

/** Room for what comes, from when it is late. */
export function Loading({ rows = 5 }: { readonly rows?: number }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="card" aria-busy="true">
      <span class="hidden-words">Loading</span>
      {isLate && Array.from({ length: rows }, (_, n) => <div key={n} class="skeleton" />)}
    </div>
  );
}

interface FailedProps {
  readonly says: string;
  /** What is shown was heard then; null: nothing is shown. */
  readonly shown: string | null;
  readonly reload: () => void;
}

/** That the last question was not answered, while what was heard before stays. */
export const Failed = ({ says, shown, reload }: FailedProps) => (
  <div class="verdict is-warn" role="alert">
    <Icon tone="warn" />
    <span>
      Could not load: {says} {shown !== null && `Shown is what was known at ${shown}.`}{' '}
      <button type="button" onClick={reload}>
        Try again
      </button>
    </span>
  </div>
);
