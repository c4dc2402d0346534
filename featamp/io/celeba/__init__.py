"""CelebA as people have it: images, the 40 attributes, the partition, the people."""
