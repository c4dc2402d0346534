"""What a checkpoint's pickle may make of itself: nothing but tensors and plain values."""
