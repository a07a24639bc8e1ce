// The script of the dashboard. Every module is set up once; what it does holds for parts that come later. Without the script
// every page works with links and forms.
import { copy } from "./copy.js";
import { dialogs } from "./dialog.js";
import { downloads } from "./download.js";
import { keys } from "./keys.js";
import { links } from "./link.js";
import { menus } from "./menu.js";
import { palette } from "./palette.js";
import { passkeys } from "./passkey.js";
import { rows } from "./rows.js";
import { settings } from "./settings.js";
import { shows } from "./show.js";
import { swaps } from "./swap.js";
import { tabs } from "./tabs.js";
import { theme } from "./theme.js";
import { toasts } from "./toast.js";
import { uploads } from "./upload.js";
import { zones } from "./zone.js";

document.documentElement.dataset.script = "";
for (const start of [links, zones, theme, copy, menus, tabs, rows, keys, palette, dialogs, shows, downloads, swaps, toasts, uploads, passkeys, settings]) start();
