/**
 * Photos and results that claim more megapixels are not shown: several times what is accepted as a source by default, since
 * results are larger, and little enough that a small file which claims to be enormous is refused.
 */
export const viewableMegapixels = 2000;
