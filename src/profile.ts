export interface Profile { readonly name: string; readonly file: string | null; readonly names: object; readonly shops: object; readonly columns: Readonly<Record<string, ColumnRule>>; readonly ages: readonly object[]; readonly groups: readonly object[]; readonly capacities: readonly object[]; }
export interface ColumnRule { readonly type: 'text' | 'date' | 'boolean' | 'numeric' }
export interface Classification { readonly category: string; readonly division: string; readonly day: string | null; readonly teamSize: number; readonly teamRole: 'main' | 'member' }
export declare function loadProfile(nameOrPath: string, directory?: string): Profile
export declare function classifier(profile: Profile): (name: string | null) => Classification
export declare function shopCategory(profile: Profile): (name: string | null) => string | null
export declare function columnReader(rule: ColumnRule): (record: unknown) => string | null
export declare function withFields(profile: Profile, fields: Readonly<Record<string, string>>): Profile
