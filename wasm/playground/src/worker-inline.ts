/** The worker of the page in one file. */

import "pvefw/worker";
