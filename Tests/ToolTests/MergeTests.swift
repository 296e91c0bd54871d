// Do lists and splits of parts come to those of the whole, and are parts that make none refused?

import Foundation
import Support
import Testing

@Suite struct MergeTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.cut()
  }

  @Test func splitsAndListsOfPartsAreThoseOfTheWhole() throws {
    let binarized = "binarize -q --min 4 --min-user 5 --since 1990-01-01 --duplicates last"
    let each = "for f in one parts/part-0000{0..6}; do"
    let prepared = folder.run(
      "\(each) \(binarized) $f.ig | split -q --stable --seed 3 -o $f.x || exit 1; done;"
        + " merge -q parts/*.x -o all.x && merge -q one.x -o one.y && fit -q --model ease one.x -o m"
    )
    #expect(prepared.status == 0, "\(prepared.errors)")
    #expect(try Set(folder.digests("one.x", "one.y", "all.x")).count == 1)
    let ruled = folder.run(
      "dump --to csv one.ig | awk -F , 'NR > 2 { print $1 \",\" last } { last = $2 }' | ingest -q -o few.ig"
    )
    #expect(ruled.status == 0, "\(ruled.errors)")
    for (input, options) in [
      ("x", ""), ("x", "--role validation --top 7"), ("ig", "--top 90"),
      ("ig", "--top 9 --diversity 0.2 --fill --candidates-by-user few.ig"),
    ] {
      let scored = folder.run(
        "\(each) score -q --model m \(options) $f.\(input) -o $f.r || exit 1; done;"
          + " merge -q parts/*.r -o all.r")
      #expect(scored.status == 0, "\(scored.errors)")
      #expect(try Set(folder.digests("one.r", "all.r")).count == 1, "\(input) \(options)")
    }
    let text = folder.run(
      "score -q --model m --format tsv one.ig > one.t; for p in parts/part-*.ig; do"
        + " score -q --model m --format tsv $p | tail -n +2; done | cmp - <(tail -n +2 one.t)")
    #expect(text.status == 0, "\(text.output)\(text.errors)")
    let judged = folder.run(
      "score -q --model m all.x -o a.r && metrics -q --truth all.x a.r --at 20 | tail -n +2 > a;"
        + " score -q --model m one.x | metrics -q --truth one.x --at 20 | tail -n +2 | diff a -")
    #expect(judged.status == 0, "\(judged.output)\(judged.errors)")
  }

  @Test func partsThatMakeNoWholeAreNamed() throws {
    func refusal(_ command: String) -> String {
      let end = folder.run("\(command) -o no.ig")
      #expect(end.status == 65 && !folder.names.contains("no.ig"), "\(command): \(end.status)")
      #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
      return end.errors
    }
    #expect(refusal("merge parts/part-0000[0-46].ig").contains("part 5 of 7 is missing;"))
    #expect(
      refusal("merge parts/part-0000[14].ig").contains("part 0 of 7 is missing, and 4 others"))
    _ = folder.run("cp parts/part-00002.ig twin.ig; shard -q --into 6 raw.ig -o six")
    #expect(refusal("merge parts/*.ig twin.ig").contains("twin.ig: is part 2 of 7, as is"))
    #expect(
      refusal("merge parts/*.ig six/part-00003.ig").contains("part-00003.ig: is part 3 of 6"))
    _ = folder.run("binarize -q --min 4 parts/part-00003.ig -o three.ig")
    let others = refusal("merge three.ig parts/part-0000[012456].ig")
    #expect(others.contains("was made otherwise"), "\(others)")
    #expect(refusal("merge raw.ig").contains("raw.ig: is no part"))
    // A part that is whole but another one, and one that is damaged.
    _ = folder.run(
      "shard -q --into 7 <(simulate -q --users 90 --items 80 --interactions 2000 --ratings stars) -o other"
    )
    let replaced = refusal(
      "cp -r parts mixed; cp other/part-00004.ig mixed; merge --manifest mixed/MANIFEST")
    #expect(replaced.contains("part-00004.ig: was cut from other data"), "\(replaced)")
    let packed = refusal(
      "shard -q -z 9 --into 7 raw.ig -o packed; cp -r parts again; cp packed/part-00004.ig again;"
        + " merge --manifest again/MANIFEST")
    #expect(packed.contains("part-00004.ig") && packed.contains("replaced"), "\(packed)")
    let lost = refusal(
      "cp -r parts less; sed -i /part-00004/d less/MANIFEST; merge --manifest less/MANIFEST")
    #expect(lost.contains("counts 7 files, 6 follow"), "\(lost)")
    let damaged = refusal(
      "cp -r parts bad; printf X | dd of=bad/part-00005.ig bs=1 seek=700 conv=notrunc 2>/dev/null;"
        + " merge bad/*.ig")
    #expect(damaged.contains("part-00005.ig") && damaged.contains("damaged"), "\(damaged)")
  }

  @Test func aUserOfAnotherPartIsNamed() throws {
    // Everybody is said to be in part 1 of 2.
    let foreign = folder.run("shard --into 2 --part 1 raw.ig -o no.ig")
    #expect(foreign.status == 65 && foreign.errors.contains("belongs to part 0 of 2"))
    let forged = folder.run(
      "shard -q --into 1 --part 0 raw.ig -o 0.ig; python3 - <<'END'\n\(Self.forgery)\nEND\n"
        + "merge forged.ig parts/part-0000[1-6].ig -o no.ig")
    #expect(
      forged.status == 65 && forged.errors.contains("is part 0 of 7, but has user"),
      "\(forged.errors)")
    for tool in ["score --model m", "split --stable", "binarize --min 4"] {
      _ = folder.run("[ -e m ] || fit -q --model popularity raw.ig -o m")
      let end = folder.run("\(tool) forged.ig -o no.ig")
      #expect(end.status == 65 && end.errors.contains("but has user"), "\(end.errors)")
    }
  }

  /// Says in the metadata of a whole that it is a part, and makes the checksums fit: the head's section and the end's.
  private static let forgery = """
    import struct, subprocess, sys
    P1,P2,P3,P4,P5=(0x9E3779B185EBCA87,0xC2B2AE3D27D4EB4F,0x165667B19E3779F9,0x85EBCA77C2B2AE63,0x27D4EB2F165667C5)
    M=(1<<64)-1
    rot=lambda x,r:((x<<r)|(x>>(64-r)))&M
    rnd=lambda a,w:rot((a+w*P2)&M,31)*P1&M
    def xxh(b):
        n=len(b);i=0
        if n>=32:
            v=[(P1+P2)&M,P2,0,(-P1)&M]
            while i+32<=n:
                for k in range(4): v[k]=rnd(v[k],struct.unpack_from('<Q',b,i+8*k)[0])
                i+=32
            h=(rot(v[0],1)+rot(v[1],7)+rot(v[2],12)+rot(v[3],18))&M
            for x in v: h=((h^rnd(0,x))*P1+P4)&M
        else: h=P5
        h=(h+n)&M
        while i+8<=n: h=(rot(h^rnd(0,struct.unpack_from('<Q',b,i)[0]),27)*P1+P4)&M; i+=8
        if i+4<=n: h=(rot(h^(struct.unpack_from('<I',b,i)[0]*P1&M),23)*P2+P3)&M; i+=4
        while i<n: h=rot(h^(b[i]*P5&M),11)*P1&M; i+=1
        h=(h^h>>33)*P2&M; h=(h^h>>29)*P3&M
        return h^h>>32
    data=open('0.ig','rb').read()
    out=bytearray(data[:32]); at=32; sections=[]
    while at<len(data):
        tag=data[at:at+4]; number,length,_=struct.unpack_from('<IQQ',data,at+4)
        sections.append((tag,number,data[at+24:at+24+length])); at+=24+length; at+=-at%8
    content=struct.pack('<Q',int.from_bytes(data[12:16],'big')); total=0
    for tag,number,body in sections:
        if tag==b'META': body=body.replace(b'"of":1',b'"of":7')
        if tag==b'END!': body=struct.pack('<QQQ',number,total,xxh(content))+body[24:]
        elif tag[0]<0x61: content+=struct.pack('<Q',xxh(tag+body))
        total+=len(body)
        out+=tag+struct.pack('<IQQ',number,len(body),xxh(tag+struct.pack('<IQ',number,len(body))+body))+body
        out+=bytes(-len(out)%8)
    open('forged.ig','wb').write(out)
    """

  @Test func emptyPartsDoNoHarm() throws {
    let many = folder.run(
      "shard -q --into 500 raw.ig -o many && fit -q --model popularity raw.ig -o m &&"
        + " for n in 00000 00001 00002 00003 00004 00005;"
        + " do p=many/part-$n; binarize -q --min 4 $p.ig | split -q --stable -o $p.x &&"
        + " score -q --model m $p.ig -o $p.r || exit 1; done; merge -q many/*.ig -o all.ig")
    #expect(many.status == 0, "\(many.errors)")
    #expect(try Set(folder.digests("one.ig", "all.ig")).count == 1)
    let nothing = folder.run(
      "for p in many/*.ig; do"
        + " [ $(dump --to csv $p | wc -l) -gt 1 ] || { shard --into 2 $p -o no; exit; }; done")
    #expect(nothing.status == 65, "\(nothing.errors)")
  }
}
