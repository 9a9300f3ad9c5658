# document 002, section 5.2
import torch
from torch.utils.data import DataLoader, Dataset

class MNISTDataset(Dataset):
    def __init__(self, data, targets):
        self.data = data
        self.targets = targets

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        img, target = self.data[index], self.targets[index]
        img = img.view(1, 28 * 28)
        img = img.float()
        target = torch.from_numpy(target).long()
        return img, target

train_dataset = MNISTDataset(train_data, train_labels)
test_dataset = MNISTDataset(test_data, test_labels)

train_loader = DataLoader(train_dataset, batch_size=64, shuffle=True)
test_loader = DataLoader(test_dataset, batch_size=64, shuffle=False)
