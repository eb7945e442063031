/**
 * The colours that a canvas holds for photos with this profile, by its name. sRGB photos keep their exact numbers
 * in an sRGB canvas; photos with wider profiles would lose colours in it that the screen can show.
 */
export const canvasColours = (profile: string | null): PredefinedColorSpace =>
  profile === null || /srgb/i.test(profile) || !matchMedia('(color-gamut: p3)').matches ? 'srgb' : 'display-p3';
