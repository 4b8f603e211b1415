import type { Attention } from '../../../src/server/api/types.js';

const BAD: readonly Attention['kind'][] = ['not_read', 'over_capacity'];
const SHOWN = 2;

/** Why something needs attention, the most urgent reasons first. */
export function Chips({ attention }: { readonly attention: readonly Attention[] }) {
  const more = attention.slice(SHOWN);
  return (
    <span class="chips">
      {attention.slice(0, SHOWN).map(({ kind, says }) => (
        <span key={says} class={`chip is-${BAD.includes(kind) ? 'bad' : 'warn'}`}>
          {says}
        </span>
      ))}
      {more.length > 0 && (
        <span class="chip" title={more.map(({ says }) => says).join(', ')}>
          +{more.length}
        </span>
      )}
    </span>
  );
}
