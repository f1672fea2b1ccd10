() => {
  // Contrast as WCAG 2.2 defines it (1.4.3): 4.5 for text, 3 for large text.
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor, alpha = channels(colour)[3];
      if (alpha === undefined || alpha === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const seen = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility()
    && [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()));
  const below = [];
  for (const node of seen) {
    const style = getComputedStyle(node), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const [dark, light] = [luminance(style.color), luminance(behind(node))].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05), least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < least) below.push(`${ratio.toFixed(2)} ${node.className}: ${node.textContent.slice(0, 40)}`);
  }
  return { texts: seen.length, below };
}
