import type { Seller } from './seller.js';
import { tickets as resource } from './ticket-resource.js';

/** Rows in one buffer. */
const BLOCK = 1024;

interface Block {
  /** Each row's JSON and a comma behind it. */
  bytes: Buffer;
  /** Where each row begins, and where the last one ends. */
  offsets: number[];
  versions: number[];
}

/**
 * Every ticket of a seller as rendered bytes, so that any page is a few copies of memory. Costs about 2.7 KB a ticket.
 * A ticket that changed since is rendered when asked for.
 */
export class RowCache {
  readonly #seller: Seller;
  readonly #blocks: Block[] = [];

  constructor(seller: Seller) {
    this.#seller = seller;
    const { tickets } = seller;
    for (let first = 0; first < tickets.length; first += BLOCK) {
      const rows = Array.from({ length: Math.min(BLOCK, tickets.length - first) }, (_, i) => first + i);
      const texts = rows.map((row) => Buffer.from(`${resource.render(seller, row)},`));
      const offsets = [0];
      for (const { length } of texts) offsets.push((offsets.at(-1) ?? 0) + length);
      this.#blocks.push({
        bytes: Buffer.concat(texts),
        offsets,
        versions: rows.map((row) => this.#version(row)),
      });
    }
  }

  /** The rows' JSON, separated by commas. */
  join(rows: readonly number[]): Buffer {
    const parts = rows.map((row) => this.#bytesOf(row));
    const bytes = Buffer.concat(parts);
    return bytes.subarray(0, Math.max(0, bytes.length - 1));
  }

  #bytesOf(row: number): Buffer {
    const block = this.#blocks[Math.floor(row / BLOCK)];
    const i = row % BLOCK;
    if (block?.versions[i] !== this.#version(row))
      return Buffer.from(`${resource.render(this.#seller, row)},`);
    return block.bytes.subarray(block.offsets[i], block.offsets[i + 1]);
  }

  #version(row: number): number {
    return this.#seller.tickets.version[row] ?? 0;
  }
}
