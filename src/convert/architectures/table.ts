import type { Architecture } from './architecture.ts';
import { atd } from './atd.ts';
import { compact } from './compact.ts';
import { cugan } from './cugan.ts';
import { dat } from './dat.ts';
import { drct } from './drct.ts';
import { gfpgan } from './gfpgan.ts';
import { hat } from './hat.ts';
import { mosr } from './mosr.ts';
import { omniSr } from './omnisr.ts';
import { plksr, realPlksr } from './plksr.ts';
import { rcan } from './rcan.ts';
import { rgt } from './rgt.ts';
import { rlfn } from './rlfn.ts';
import { rrdb } from './rrdb.ts';
import { safmn, safmnPlusPlus } from './safmn.ts';
import { span, spanF } from './span.ts';
import { srformer } from './srformer.ts';
import { swinir } from './swinir.ts';

/** The first that recognises the weights counts. A new kind of network is a file beside this one and a line here. */
export const architectures: readonly Architecture[] = [
  compact,
  rrdb,
  swinir,
  hat,
  srformer,
  drct,
  atd,
  dat,
  rgt,
  omniSr,
  span,
  spanF,
  rlfn,
  safmn,
  safmnPlusPlus,
  plksr,
  realPlksr,
  mosr,
  rcan,
  cugan,
  gfpgan,
];
