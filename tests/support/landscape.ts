import sharp from 'sharp';

/** A picture that a person can recognise, another one for every seed: sky, sun, three ranges of hills. */
export async function writeLandscape(path: string, width: number, height: number, seed: number): Promise<string> {
  const hue = (seed * 47) % 360;
  const wave = (base: number, step: number): string => {
    const points = Array.from({ length: 41 }, (_, index) => {
      const y = base + 6 * Math.sin(index * 0.35 + seed * step) + 3 * Math.sin(index * 1.1 + step);
      return `${index * 2.5},${y.toFixed(2)}`;
    });
    return `0,100 ${points.join(' ')} 100,100`;
  };
  const hills = [55, 66, 80].map((base, index) => {
    const light = String(46 - 14 * index);
    return `<polygon points="${wave(base, index + 1)}" fill="hsl(${(hue + 150) % 360} 35% ${light}%)"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" preserveAspectRatio="none" width="${width}" height="${height}">
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${hue} 60% 40%)"/><stop offset="0.7" stop-color="hsl(${(hue + 40) % 360} 80% 82%)"/></linearGradient>
    <rect width="100" height="100" fill="url(#sky)"/><circle cx="${20 + ((seed * 13) % 60)}" cy="28" r="7" fill="#fff8dc"/>${hills.join('')}</svg>`;
  await sharp(Buffer.from(svg)).removeAlpha().toFile(path);
  return path;
}
