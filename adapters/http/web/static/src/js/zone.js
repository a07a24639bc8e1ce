// A choice of time zones with data-time-zone begins with the browser's own.
import { $$ } from "./dom.js";

export function zones() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of $$("select[data-time-zone]")) {
    if ([...select.options].some((option) => option.value === own)) select.value = own;
  }
}
