import Link from "next/link";

export default function NotFound() {
  return (
    <main className="m-auto grid max-w-[560px] gap-3 p-8">
      <h1 className="text-verdict font-semibold">There is no page at this address</h1>
      <p className="text-ink-2">
        The link may be of another version of the console. <Link href="/">Open Situation</Link>
      </p>
    </main>
  );
}
