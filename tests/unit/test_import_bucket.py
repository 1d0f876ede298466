from typing import Any
from pulumi_vmimport.import_bucket import ImportBucket

ARN = "arn:aws:s3:::images-1234567"
def outputs(made: ImportBucket) -> dict[str, Any]:
    return {"bucket": made.bucket, "arn": made.arn, "region": made.region}


def test_x(world, schema, unknown) -> None:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {"bucket": "images-1234567", "arn": ARN, **inputs}
    print(world.deploy(lambda: outputs(ImportBucket("images", {}))))
    print(world.tokens)
    for n in world.tokens: print(n, world.inputs(n))
    print(world.problems(lambda: ImportBucket("images2", {"bucket": "X", "kms_key_arn": "x", "tag": {}, "image_prefix": 3})))
    print(world.tokens)
    world.preview = True
    print(world.deploy(lambda: outputs(ImportBucket("images", {"bucket": unknown()}))))
    world.answers["aws:s3/getBucket:getBucket"] = {"bucket": "old", "bucketRegion": "x", "arn": "a"}
    print(world.problems(lambda: ImportBucket("images2", {"existing_bucket": "old-images"})))
    world.answers["aws:s3/getBucket:getBucket"] = ValueError("no")
    print(world.problems(lambda: ImportBucket("images2", {"existing_bucket": "old-images"})))
    print(schema(ImportBucket))
