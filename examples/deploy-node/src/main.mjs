// A plugin in JavaScript: the same appliance as that of examples/deploy-template.
//
//   device.mjs       what the plugin is, and what each step means on the device: the part to replace
//   plugin.mjs       the protocol with the server
//   network.mjs      the way out: addresses are checked, calls end when the server gives up
//   redact.mjs       takes secrets out of text
//   certificate.mjs  the certificate of the plugin's own end of the connection
import { declaration, steps, test, plan, validate } from './device.mjs';
import { serve } from './plugin.mjs';

serve({ declaration, steps, test, plan, validate });
