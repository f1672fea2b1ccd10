() => {
  const clean = (text) => text.replace(/[\u00a0\u202f]/g, " ").replace(/\s+/g, " ").trim();
  const texts = (selector, root = document) => [...root.querySelectorAll(selector)].map((node) => clean(node.textContent));
  const field = (name) => texts(`[data-field="${name}"]`)[0] ?? null;
  const parts = (name) => texts(`.outlet [data-part="${name}"]`);
  return {
    title: field("glance_title"),
    power_import_w: field("power_import_w"),
    power_export_w: field("power_export_w"),
    energy_import_kwh: field("energy_import_kwh"),
    energy_export_kwh: field("energy_export_kwh"),
    flow: { grid: field("flow_grid"), house: field("flow_house"), sun: field("flow_sun"), cars: texts('[data-field="flow_car"]') },
    ratings: texts('.fuse [data-part="rating"]'),
    currents: texts('.phase [data-part="current"]'),
    voltages: texts('.phase [data-part="voltage"]').map((text) => text.replace(" V", "")),
    rooms: texts('.phase [data-part="room"]'),
    chargers: texts(".charger h3"),
    states: parts("state"),
    setpoints: parts("setpoint"),
    reasons: parts("reason"),
    powers: parts("power"),
    outlet_currents: [...document.querySelectorAll(".outlet-currents")].map(
      (list) => texts('[data-part="current"]', list).map((text) => text.replace(" A", ""))),
    meter: texts('[data-field="link_meter"] [data-part="facts"]')[0] ?? "",
  };
}
