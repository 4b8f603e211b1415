export interface Summary {
  readonly name: string;
  readonly says: string;
  readonly scope: 'event' | 'region';
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, { readonly type: string; readonly says: string }>>;
}
export const SUMMARIES: readonly Summary[] = [];
export const HISTORIES: readonly Omit<Summary, 'scope'>[] = [];
