export const COUNTRIES: readonly object[] = [];
