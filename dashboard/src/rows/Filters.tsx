import { useId, useState } from 'preact/hooks';
import type { Rows as Answer } from '../../../src/server/api/types.js';

interface FiltersProps {
  readonly answer: Answer;
  readonly filters: Readonly<Record<string, string>>;
  readonly set: (more: Record<string, string | null>) => void;
}

/** Columns that hold one value, those that there are and one more. */
export const Filters = ({ answer, filters, set }: FiltersProps) => (
  <div class="segments">
    {Object.entries(filters).map(([name, value]) => (
      <button
        key={name}
        type="button"
        aria-label={`Remove ${name} ${value}`}
        onClick={() => set({ [name]: null })}
      >
        {name.replaceAll('_', ' ')} {value === '' ? 'empty' : value} ✕
      </button>
    ))}
    <Another answer={answer} filters={filters} set={set} />
  </div>
);

/** The values on this page are offered; others can be typed. */
function Another({ answer: { columns, rows }, filters, set }: FiltersProps) {
  const first = columns.find((column) => column.type === 'text' && !(column.name in filters));
  const [name, setName] = useState(first?.name ?? 'region');
  const [value, setValue] = useState('');
  const list = useId();
  const place = columns.findIndex((column) => column.name === name);
  const values = [...new Set(rows.map((row) => row[place]))].filter((cell) => cell != null);
  return (
    <form
      class="segments"
      onSubmit={(event) => {
        event.preventDefault();
        set({ [name]: value });
        setValue('');
      }}
    >
      <label>
        <span class="hidden-words">Column</span>
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          {columns.map((column) => (
            <option key={column.name} value={column.name}>
              {column.name.replaceAll('_', ' ')}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden-words">Value</span>
        <input
          list={list}
          placeholder="value, or none"
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <datalist id={list}>
          {values.map((cell) => (
            <option key={String(cell)} value={String(cell)} />
          ))}
        </datalist>
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}
