/**
 * The one download that is worth most on a computer: with a graphics card the model that cleans most, which takes a processor minutes
 * for a photo; else the small one that a processor has time for.
 */
export const bestDownload = (graphicsCard: boolean): string => (graphicsCard ? 'realesrgan-x4plus' : 'realesr-general-x4v3');

/** What draws where there is no graphics card: Chromium's own, Linux's and Windows'. */
const pretends = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Whether there is a graphics card. (WebGPU would tell as well, but complains where there is none.) */
export function hasGraphicsCard(): boolean {
  const drawing = document.createElement('canvas').getContext('webgl2');
  const names = drawing?.getExtension('WEBGL_debug_renderer_info') ?? null;
  if (drawing === null || names === null) return false;
  return !pretends.test(String(drawing.getParameter(names.UNMASKED_RENDERER_WEBGL)));
}
