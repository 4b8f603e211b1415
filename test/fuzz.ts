/** Runs of a property: as many as a test that is run every day can afford, times FUZZ_RUNS (1 unless set). */
export const runs = (usual: number): number => usual * Number(process.env['FUZZ_RUNS'] ?? 1);
