/** The same rows as files to take away. */
export const Files = ({ at }: { readonly at: (format: 'csv' | 'xlsx') => string }) => (
  <>
    <a href={at('csv')} download>
      csv
    </a>
    <a href={at('xlsx')} download>
      xlsx
    </a>
  </>
);
