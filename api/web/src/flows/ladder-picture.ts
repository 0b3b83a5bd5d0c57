/** A drawing of the page as a file: SVG, or PNG for slides. */

/** What of the page's style a drawing needs to look the same alone. */
const STYLES = ['fill', 'stroke', 'stroke-width', 'font-family', 'font-size', 'font-weight', 'text-anchor'] as const;
/** Pixels of a PNG a side; browsers refuse larger canvases. */
const LARGEST = 16_000;
/** Sharp on a projector. */
const SCALE = 2;

function alone(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg, copy].map((root) => [root, ...root.querySelectorAll('*')]);
  from.forEach((element, at) => {
    const style = getComputedStyle(element);
    for (const name of STYLES) to[at].setAttribute(name, style.getPropertyValue(name));
  });
  const { width, height } = svg.viewBox.baseVal;
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({
    width: '100%',
    height: '100%',
    fill: getComputedStyle(document.body).backgroundColor,
  }))
    ground.setAttribute(name, value);
  copy.prepend(ground);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  return copy;
}

const textOf = (svg: SVGSVGElement): string => new XMLSerializer().serializeToString(alone(svg));

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function saveSvg(svg: SVGSVGElement, name: string): void {
  save(new Blob([textOf(svg)], { type: 'image/svg+xml' }), `${name}.svg`);
}

export function savePng(svg: SVGSVGElement, name: string): void {
  const { width, height } = svg.viewBox.baseVal;
  const scale = Math.min(SCALE, LARGEST / Math.max(width, height));
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => blob !== null && save(blob, `${name}.png`), 'image/png');
  };
  // A data address: the Content-Security-Policy allows pictures from there, and from this service.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(svg))}`;
}
