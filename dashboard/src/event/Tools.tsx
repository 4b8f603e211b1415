import { Files } from '../parts/Files.js';
import { Link } from '../shell/Link.js';
import { href } from '../shell/router.js';

interface Of {
  readonly region: string;
  /** Null: of all events of the region. */
  readonly event_id: string | null;
}

/** Where the rows of a report can be fetched as a file. */
export const downloadAddress = (report: string, { region, event_id: event }: Of, format: 'csv' | 'xlsx') =>
  href(`/api/v1/rows/${report}.${format}`, { region, event });

/** Leads from a block to the rows that it is made of. */
export const Tools = ({ report, of }: { readonly report: string; readonly of: Of }) => (
  <span class="tools small">
    <Link to={href(`/rows/${report}`, { region: of.region, event: of.event_id })}>Rows</Link>
    <Files at={(format) => downloadAddress(report, of, format)} />
  </span>
);
