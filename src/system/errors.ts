import { constants } from 'node:os';

/**
 * The code of an error of the operating system, such as `ENOSPC`; null for every other error. Node knows the numbers of most of them
 * only: those of a network drive's `ESTALE` and of a used-up quota reach us as "Unknown system error -116".
 */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code !== 'string') return null;
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  if (typeof errno !== 'number' || !code.startsWith('Unknown system error')) return null;
  return Object.entries(constants.errno).find(([, number]) => number === Math.abs(errno))?.[0] ?? `errno ${Math.abs(errno)}`;
}
