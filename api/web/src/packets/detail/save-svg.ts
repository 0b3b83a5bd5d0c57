/** A drawing of the page as a file of its own. */

/** What style sheets say about drawings: in a file it has to be said by attributes. */
const STYLES = ['fill', 'stroke', 'stroke-width', 'font-family', 'font-size', 'font-weight'] as const;

/** Downloads an SVG element as it looks, with the page's ground behind it. */
export function saveSvg(drawing: SVGSVGElement, file: string): void {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const from = drawing.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, at) => {
    const style = getComputedStyle(from[at]);
    for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name));
    for (const name of element.getAttributeNames()) {
      if (name === 'class' || name === 'role' || name.startsWith('aria-') || name.startsWith('data-'))
        element.removeAttribute(name);
    }
  });
  const { width, height } = drawing.viewBox.baseVal;
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  ground.setAttribute('width', String(width));
  ground.setAttribute('height', String(height));
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  copy.prepend(ground);
  for (const name of ['class', 'tabindex', 'role', 'aria-activedescendant']) copy.removeAttribute(name);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const text = new XMLSerializer().serializeToString(copy);
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file;
  link.click();
  URL.revokeObjectURL(url);
}
