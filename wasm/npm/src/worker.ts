/**
 * The worker that `launch` starts.
 *
 * @module
 */

import { Datacenter, init } from "./index.js";
import { serve } from "./remote.js";

serve(globalThis, init, () => new Datacenter());
