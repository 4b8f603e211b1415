import pg from 'pg';
import type { Column } from './export-text.js';

const { BOOL, INT2, INT4, INT8, OID, FLOAT4, FLOAT8, NUMERIC, JSON, JSONB, TIMESTAMP, TIMESTAMPTZ } =
  pg.types.builtins;

const KINDS = new Map<number, Column['kind']>([
  ...[INT2, INT4, INT8, OID, FLOAT4, FLOAT8, NUMERIC].map((id) => [id, 'number'] as const),
  ...[JSON, JSONB].map((id) => [id, 'json'] as const),
  ...[TIMESTAMP, TIMESTAMPTZ].map((id) => [id, 'time'] as const),
  [BOOL, 'boolean'],
]);

/** Arrays of the kinds above and of texts, by PostgreSQL's fixed numbers. */
const ARRAYS = new Map<number, Column['kind']>([
  ...[1005, 1007, 1016, 1021, 1022, 1028, 1231].map((id) => [id, 'number'] as const),
  ...[199, 3807].map((id) => [id, 'json'] as const),
  ...[1115, 1185].map((id) => [id, 'time'] as const),
  ...[1002, 1003, 1009, 1014, 1015, 1182, 2951].map((id) => [id, 'text'] as const),
  [1000, 'boolean'],
]);

/** A column of an answer, by the number that PostgreSQL gives its type. */
export function columnOf(name: string, typeId: number): Column {
  const element = ARRAYS.get(typeId);
  return { name, kind: KINDS.get(typeId) ?? 'text', typeId, ...(element === undefined ? {} : { element }) };
}
