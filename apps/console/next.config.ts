import { join } from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  transpilePackages: ["@holo-fusion/ui", "@holo-fusion/proto"],
  // They load WebAssembly, sockets and files by their own paths.
  serverExternalPackages: ["@electric-sql/pglite", "@grpc/grpc-js", "pg"],
  turbopack: { root: join(import.meta.dirname, "..", "..") },
  devIndicators: false,
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "x-content-type-options", value: "nosniff" },
        { key: "x-frame-options", value: "DENY" },
        { key: "referrer-policy", value: "no-referrer" },
        {
          key: "permissions-policy",
          value: "camera=(), microphone=(), geolocation=(), payment=()",
        },
        { key: "cross-origin-opener-policy", value: "same-origin" },
        { key: "cross-origin-resource-policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
