/** `npm run setup:system`: installs what the tests use of the system, as root on a Debian; does nothing when it is there. */
import { installSystemPackages } from './system-packages.mjs';

installSystemPackages();
