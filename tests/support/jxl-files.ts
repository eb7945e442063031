import { makeBox } from '../../src/engine/containers/heif.ts';

/**
 * Made by `cjxl` 0.7 from pictures of 32 × 24 pixels, of which red is 8x, green 10y, blue 128 and alpha 255 left of the middle and 64
 * right of it: with `-d 0`, and `turned` with `-d 1` from a JPEG file of orientation 6.
 */
const codestreams = {
  rgba: '/wrFwILiQggIEADYAUsoMd08q4erwlJBQUlBxIj6bmL8+P8QXoiFjjF4QYzBXK0EAAQIAQYQBQEAthcgCQHAyA/4ODv0//8HpwIAAADgBwmArX9e/leLbD4lMuIlmxlQDaEC1/RJgLcLh9IyUQ+lv1QchP////v//+1H61+dN7YnfQA=',
  grey16:
    '/wrF8AMUFwIIAgEAaAFLKDXGPqwKEibBiNvEiTFYDNoJYxhjsI/wAgACDNASAPz/QwABAgQI/P8TIECAAAECBAj8/xMgQIAAAQIECEz7EyBAgAABAgQICLsTIEB1VRUVCDUIFQAAnAA=',
  wide: '/wrFQAinDANmQCAAIECwdB54BcileygkmdfZs6puM8WFarv5KRl+PQiXc1DphnZQmgUafpkPQeh0zGJsJtjuJujuIfjORpleKYHRaKsGzzYajeBJ/AtcxQG/hYSDSFO58OSap4fAQSM4YYahcLUl+JbYdTz4fmFjJl6bkRSsVCBzRxRQa2HyjmqaN87hLIKfHw7hg2gaEJAYzFMBGUVY0IP4wgEIAgEAlAFLKDHdPKuHq8JCQUFJQMSImpwYJ/4/hBcuARw2AgAChAADAO2xVEYAQErR//8fGgwAAAAAAA+u+uFc3n+J4HBRWI7/DOz7o4/TL/wS4SKOAiUbnxoN/UHn///v////f5F/JVJgEA==',
  film: '/wrFBAFYUFwSCAigAgAAaABLGIsVANQZY4wxY5wLSACQuLUAEDCAEG+AKwgIoAIAAGgASxiLFQDUGWNQzlxAAoAAAicwEODAjQG3uAIICKBCAABoAEsYixUA1BdjMOYuIAGAICElA9AAzYUJ2N4V',
  turned:
    '/wrFLJBQXBIAEogCAHgCXeUSAAAVKqOMG7yc6/nyQ4fFtI3rDG21bWFJosg4NkkncEgSyeG/HT6hIxSrW98mzFXSHw44bFb6Na/EkiiQinb5vcm6PX4yW7UdLWd/HEGm+JdGDQAAAFRIgTy7FSVdZIwx3kVejJEXIDBYkIkYUPBUw/85GuscX64eYYo5p4leUCYi98/y8yTk+bQ2bv/7+ea/MZxZTygqQFACdAA=',
} as const;

export const jxlFile = (name: keyof typeof codestreams): Buffer => Buffer.from(codestreams[name], 'base64');

export const boxedJxl = (codestream: Uint8Array, ...more: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    makeBox('JXL ', Buffer.of(13, 10, 135, 10)),
    makeBox('ftyp', Buffer.from('jxl \0\0\0\0jxl ')),
    makeBox('jxlc', codestream),
    ...more,
  ]);
