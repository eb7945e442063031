/** Marks of licences that forbid commercial use: those of Creative Commons with NC, S-Lab's, and those that say so. */
const marks = [/\bNC\b/, /non-?commercial/i, /\bS-Lab\b/i, /\bresearch only\b/i];

/** Whether a licence, by its name, forbids commercial use. */
export const forbidsCommercialUse = (licence: string): boolean => marks.some((mark) => mark.test(licence));
