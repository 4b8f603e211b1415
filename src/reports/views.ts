export const VIEWS: readonly string[] = [];
