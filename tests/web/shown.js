() => {
  const texts = (selector, root = document) => [...root.querySelectorAll(selector)].map((node) => node.textContent);
  const field = (name) => document.querySelector(`[data-field="${name}"]`).textContent;
  const rows = (name) => Object.fromEntries(
    [...document.querySelectorAll(`[data-field="${name}"] > div`)].map((row) => texts("dt, dd", row)));
  return {
    power_import_w: field("power_import_w"),
    power_export_w: field("power_export_w"),
    energy_import_kwh: field("energy_import_kwh"),
    energy_export_kwh: field("energy_export_kwh"),
    rating: texts('.fuse [data-part="rating"]')[0],
    currents: texts('.phase [data-part="current"]'),
    voltages: texts(".phase .volts").map((text) => text.replace(" V", "")),
    chargers: texts(".charger h3"),
    states: texts(".outlet .state"),
    setpoints: texts(".outlet .allowed"),
    reasons: texts('.outlet [data-part="reason"]'),
    outlet_currents: [...document.querySelectorAll(".outlet .currents")].map(
      (list) => texts("dd", list).map((text) => text.replace(" A", ""))),
    box: rows("box"),
    meter: rows("meter"),
  };
}
