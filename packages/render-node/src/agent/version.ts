/** Version of this package, told to the control plane. Kept equal to package.json by a test. */
export const version = '0.1.0';
