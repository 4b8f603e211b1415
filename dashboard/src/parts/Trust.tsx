import type { Trust as TrustOf } from '../../../src/server/api/types.js';
import { age, exact, OWN_ZONE } from '../shell/format.js';
import { useNow } from '../shell/store.js';
import { Icon, type Tone } from './Icon.js';

const TONES: Readonly<Record<TrustOf['state'], Tone>> = {
  complete: 'ok',
  reading: 'info',
  waiting: 'info',
  never_read: 'info',
  stale: 'warn',
  interrupted: 'warn',
  incomplete: 'warn',
  not_read: 'bad',
};

/** How far figures can be trusted: a sign, the word, the age of the proof. */
export function Trust({ trust }: { readonly trust: TrustOf }) {
  const now = useNow();
  const tone = TONES[trust.state];
  return (
    <span class={`trust is-${tone}`} title={trust.cause ?? undefined}>
      <Icon tone={tone} />
      <span>
        <strong>{trust.says}</strong>
        {trust.since !== null && (
          <span class="quiet">
            , {trust.since.word}{' '}
            <time dateTime={trust.since.at} title={exact(trust.since.at, OWN_ZONE)}>
              {age(trust.since.at, now)}
            </time>
          </span>
        )}
        {trust.set_aside > 0 && <span class="quiet">, {trust.set_aside} set aside</span>}
      </span>
    </span>
  );
}
