// SPDX-License-Identifier: MIT
// The shared worker: see link.js.
import {serve} from './link.js';

self.onconnect = ({ports}) => serve(ports[0]);
