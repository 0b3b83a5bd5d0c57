/** A drawing of the page as a file of its own: SVG, or PNG for slides. */

/** What style sheets say about drawings: in a file it has to be said by attributes. */
const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
] as const;
/** Pixels of a PNG a side, and in all: browsers refuse larger ones. */
const LARGEST_SIDE = 16_000;
const LARGEST_AREA = 40_000_000;
/** Sharp on a projector. */
const SHARP = 2;

/** What of an element and what it is in style sheets can tell apart. */
function likenessOf(element: Element): string {
  const parts: string[] = [];
  for (let at: Element | null = element; at !== null && at.tagName !== 'svg'; at = at.parentElement) {
    const told = at.getAttributeNames().filter((name) => name === 'class' || /^(data|aria)-/.test(name));
    // A name or a place says nothing about how it looks.
    const looks = told.filter((name) => !/^aria-(label|posinset|setsize|controls)$/.test(name));
    parts.push(at.tagName, ...looks.map((name) => `${name}=${at?.getAttribute(name)}`));
  }
  return parts.join(' ');
}

/** A copy that looks the same without the page, with the page's ground behind it. */
function alone(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const from = drawing.querySelectorAll('*');
  // The same classes in the same place look the same: of thousands of elements only a few have to be asked.
  const looks = new Map<string, readonly (readonly [string, string])[]>();
  copy.querySelectorAll('*').forEach((element, at) => {
    const key = likenessOf(from[at]);
    let look = looks.get(key);
    if (look === undefined) {
      const style = getComputedStyle(from[at]);
      look = STYLES.map((name) => [name, style.getPropertyValue(name)] as const);
      looks.set(key, look);
    }
    for (const [name, value] of look) element.setAttribute(name, value);
  });
  for (const element of [copy, ...copy.querySelectorAll('*')]) {
    for (const name of element.getAttributeNames()) {
      if (/^(class|role|tabindex|id|aria-.*|data-.*)$/.test(name)) element.removeAttribute(name);
    }
  }
  const { width, height } = drawing.viewBox.baseVal;
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  ground.setAttribute('width', String(width));
  ground.setAttribute('height', String(height));
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  copy.prepend(ground);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  return new XMLSerializer().serializeToString(copy);
}

function save(blob: Blob, file: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Downloads an SVG element as it looks. */
export function saveSvg(drawing: SVGSVGElement, file: string): void {
  save(new Blob([alone(drawing)], { type: 'image/svg+xml' }), file);
}

/** Pixels that a picture of so many pixels beside each other may be high to become a PNG that can be read. */
export const largestHeight = (width: number): number => Math.min(LARGEST_SIDE, Math.floor(LARGEST_AREA / width));

/** Downloads an SVG element as a PNG, twice as large where that fits. @returns whether the browser could draw it */
export async function savePng(drawing: SVGSVGElement, file: string): Promise<boolean> {
  const { width, height } = drawing.viewBox.baseVal;
  const scale = Math.min(SHARP, LARGEST_SIDE / Math.max(width, height), Math.sqrt(LARGEST_AREA / (width * height)));
  const image = new Image();
  // A data address: the Content-Security-Policy allows pictures from there, and from this service.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(alone(drawing))}`;
  try {
    await image.decode();
  } catch {
    return false; // too large for this browser: whoever asked says so
  }
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(width * scale);
  canvas.height = Math.floor(height * scale);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob !== null) save(blob, file);
  return blob !== null;
}
