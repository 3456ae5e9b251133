#!/usr/bin/env node
// npm links commands before anything is built, and the compiler does not make its output executable: hence this file.
import '../dist/main.js';
