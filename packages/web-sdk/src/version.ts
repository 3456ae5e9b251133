/** Version of the SDK, `TCGSDK.version`. */
export const sdkVersion = '0.1.0';
