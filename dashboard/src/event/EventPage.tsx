import type { EventPage as Answer } from '../../../src/server/api/types.js';
import { Failed, Loading } from '../parts/States.js';
import { clock, OWN_ZONE } from '../shell/format.js';
import { Link } from '../shell/Link.js';
import { useRoute } from '../shell/router.js';
import { useAnswer } from '../shell/store.js';
import { Blocks } from './Blocks.js';
import { Hero } from './Hero.js';
import { Places } from './Places.js';
import { Sales } from './Sales.js';
import { Trust } from '../parts/Trust.js';
import './event.css';

/** One event: how it sells, what is full, who comes, what is missing. */
export function EventPage() {
  const { path } = useRoute();
  const [, region = '', id = ''] = path;
  const { answer, failed, at, reload } = useAnswer<Answer>(
    `/events/${encodeURIComponent(region)}/${encodeURIComponent(id)}`,
  );
  const shown = at === null ? null : clock(new Date(at).toISOString(), OWN_ZONE);
  return (
    <>
      <nav aria-label="Up">
        <Link to="/">‹ Overview</Link>
      </nav>
      {failed !== null && <Failed says={failed} shown={shown} reload={reload} />}
      {answer === null ? failed === null && <Loading rows={8} /> : <Shown page={answer} />}
    </>
  );
}

const Shown = ({ page }: { readonly page: Answer }) => (
  <>
    <Hero page={page} />
    <Sales page={page} />
    <Places divisions={page.divisions} event={page.event} />
    <Blocks page={page} />
    <p class="quiet small">
      These figures rest on the tickets of {page.event.region}: <Trust trust={page.trust} />. Sold are tickets
      with status VALID or DETAILSREQUIRED; each is one person, so a double counts two.
    </p>
  </>
);
