import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freeBytes } from '../../shared/disk-room.ts';
import { outputFormatNames, outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { containers } from '../containers/table.ts';
import { systemCode } from '../../system/errors.ts';

export interface PlannedResult {
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
  /** Whether transparency goes with it. */
  readonly alpha?: boolean | undefined;
  /** Where the result goes; it need not exist yet. */
  readonly folder: string;
  /** Where temporary files go. */
  readonly scratch: string;
  /** Size of the widest intermediate picture, where that is larger than the result's. */
  readonly largestPass?: { readonly width: number; readonly height: number } | undefined;
  /** Bytes that the models write for themselves beside that. */
  readonly modelBytes?: number | undefined;
}

const megabyte = 1e6;

/**
 * Checks, before any work, that a result can be held by its format, the disks and the memory.
 * @throws Problem too-large-for-format, not-enough-disk, not-enough-memory
 */
export async function checkRoom(result: PlannedResult): Promise<void> {
  checkFormat(result);
  const needs = await Promise.all([diskNeed(result.folder, resultBytes(result)), diskNeed(result.scratch, scratchBytes(result))]);
  for (const { device } of needs) {
    const together = needs.filter((need) => need.device === device);
    const bytes = together.reduce((sum, need) => sum + need.bytes, 0);
    const free = Math.min(...together.map((need) => need.free));
    if (bytes <= free) continue;
    throw new Problem('not-enough-disk', sentence('result.disk', { needed: inMegabytes(bytes), free: inMegabytes(free) }), {
      detail: together.map((need) => need.folder).join(', '),
    });
  }
  const memory = result.width * result.height * containers[result.format].encoderBytesPerPixel;
  if (memory > process.availableMemory()) {
    throw new Problem(
      'not-enough-memory',
      sentence('result.memory', {
        format: outputFormats[result.format].label,
        needed: inMegabytes(memory),
        free: inMegabytes(process.availableMemory()),
      }),
      { advice: sentence('result.memory.advice') },
    );
  }
}

/** @throws Problem too-large-for-format, naming the formats that can hold it */
export function checkFormat({ width, height, format }: Pick<PlannedResult, 'width' | 'height' | 'format'>): void {
  const { label, maxSide } = outputFormats[format];
  const side = Math.max(width, height);
  if (side <= maxSide) return;
  const others = outputFormatNames.filter((name) => outputFormats[name].maxSide >= side).map((name) => outputFormats[name].label);
  throw new Problem('too-large-for-format', sentence('result.formatLimit', { width, height, format: label, limit: maxSide }), {
    advice: others.length > 0 ? sentence('result.formatLimit.advice', { formats: others }) : sentence('result.formatLimit.adviceSize'),
  });
}

/** An upper bound for what the finished file takes: lossless photos rarely compress to less than half. */
export function resultBytes({ width, height, format, channels, bits, alpha }: PlannedResult): number {
  return width * height * containers[format].mostBytesPerPixel({ samples: channels + (alpha ? 1 : 0), bits }) + megabyte;
}

/** Uncompressed strips of the result, what models write for themselves, the result once more where alpha is joined, the encoded file, and an intermediate pass. */
function scratchBytes(result: PlannedResult): number {
  const { width, height, channels, bits, alpha, format, largestPass, modelBytes = 0 } = result;
  const strips = width * height * channels * (bits / 8);
  const pass = largestPass ? largestPass.width * largestPass.height * channels * (bits / 8) : 0;
  const encoded = typeof containers[format].write === 'function' ? 0 : resultBytes(result);
  const joined = alpha ? (strips * (channels + 1)) / channels : 0;
  return modelBytes + Math.max(strips, pass) + joined + (pass > 0 ? strips : 0) + encoded;
}

async function diskNeed(folder: string, bytes: number): Promise<{ folder: string; bytes: number; free: number; device: string }> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const disk = await statfs(at);
      // The same numbers mean the same disk: nothing else names it in one way on all systems.
      return { folder, bytes, free: freeBytes(disk), device: [disk.type, disk.blocks, disk.bsize, disk.bavail].join() };
    } catch (error) {
      // A disk that does not tell may have room; whether it has, writing tells.
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''))
        return { folder, bytes, free: Number.POSITIVE_INFINITY, device: folder };
      // The folder is yet to be made: its parent tells.
      if (dirname(at) === at) throw new Problem('not-writable', sentence('disk.resultFolderMissing'), { detail: folder, cause: error });
    }
  }
}

const inMegabytes = (bytes: number): number => Math.ceil(bytes / megabyte);
